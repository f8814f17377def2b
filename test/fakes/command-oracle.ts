/**
 * Which workflow commands a runner would see in a log: written from the description of actions/runner's ActionCommand.cs
 * (`::name props::data` after leading white space; `##[name props]data` anywhere). An oracle for tests: any hit in foreign text is a hole.
 */
const names = new Set(
  "add-mask add-matcher remove-matcher debug echo error warning notice group endgroup set-output save-state stop-commands set-env add-path internal-set-repo-path".split(
    " ",
  ),
);

export function commandsIn(log: string): string[] {
  return log.split(/\r\n|\n|\r/).flatMap((line) => {
    const found = newStyle(line) ?? oldStyle(line);
    return found === undefined ? [] : [found];
  });
}

function newStyle(line: string): string | undefined {
  const trimmed = line.trimStart();
  if (!trimmed.startsWith("::")) return undefined;
  const end = trimmed.indexOf("::", 2);
  if (end === -1) return undefined;
  return known(trimmed.slice(2, end));
}

function oldStyle(line: string): string | undefined {
  const start = line.indexOf("##[");
  const end = start === -1 ? -1 : line.indexOf("]", start);
  return end === -1 ? undefined : known(line.slice(start + 3, end));
}

function known(info: string): string | undefined {
  const name = (info.split(" ")[0] ?? "").toLowerCase();
  return names.has(name) ? name : undefined;
}
