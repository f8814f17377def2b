/**
 * A loopback server that speaks as much of GitHub's API and of the artifact service as the gate uses, to the real toolkit packages.
 * Faults are rules: which call, how often, and what goes wrong.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface FakeComment {
  id: number;
  body: string;
  user: { login: string; type: string };
  html_url: string;
}

/** On a line of the diff. `shown`: the line's text when it was written; once the diff shows another there, GitHub calls the comment outdated. */
export interface FakeReviewComment extends FakeComment {
  path: string;
  line: number;
  shown: string;
  commit_id: string;
}

export type Fault =
  | {
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly afterStoring?: boolean;
    }
  | "hang"
  | "reset"
  | "broken-json";

export interface Rule {
  /** Matched against `METHOD /path?query`. */
  readonly on: RegExp;
  readonly fault: Fault;
  /** How many times; always without it. */
  times?: number;
}

export interface FileRow {
  readonly filename: string;
  readonly status: string;
  readonly previous_filename?: string;
  /** Unified diff of the file, without its head; GitHub leaves it out where it is large. */
  readonly patch?: string;
}

export interface FakeGitHub {
  readonly port: number;
  readonly apiUrl: string;
  readonly comments: FakeComment[];
  readonly reviewComments: FakeReviewComment[];
  /** Every call as `METHOD /path?query`, in order of arrival. */
  readonly calls: string[];
  readonly rules: Rule[];
  /** Finished artifacts by name: the stored zip. */
  readonly artifacts: Map<string, Uint8Array>;
  headSha: string;
  files: FileRow[];
  /** `<sha>:<path>` -> text, for the contents API. */
  readonly contents: Map<string, string>;
  mergeBase: string | undefined;
  viewer: string | undefined;
  maxBodyLength: number;
  /** Called before each call is answered: a test holds calls back with it. */
  gate: (call: string) => Promise<void>;
  /** Whose the token is; its comments are by this login. */
  author: string;
  addComment(body: string, login?: string, type?: string): FakeComment;
  close(): Promise<void>;
}

const bot = "github-actions[bot]";

export async function startGitHub(): Promise<FakeGitHub> {
  const server = createServer((request, response) => {
    void answer(fake, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  let lastId = 100;
  const fake: FakeGitHub = {
    port,
    apiUrl: `http://127.0.0.1:${port}/api/v3`,
    comments: [],
    reviewComments: [],
    calls: [],
    rules: [],
    artifacts: new Map(),
    headSha: "0".repeat(40),
    files: [],
    contents: new Map(),
    mergeBase: undefined,
    viewer: "github-actions",
    maxBodyLength: 65_536,
    gate: async () => {},
    author: bot,
    addComment: (body, login = fake.author, type = "Bot") => {
      const id = ++lastId;
      const comment = { id, body, user: { login, type }, html_url: `http://127.0.0.1:${port}/o/r/pull/7#issuecomment-${id}` };
      fake.comments.push(comment);
      return comment;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}

/** The variables of a step on this server (actions/runner sets the same names). */
export const serverEnv = (fake: FakeGitHub): Record<string, string> => ({
  GITHUB_API_URL: fake.apiUrl,
  GITHUB_GRAPHQL_URL: `http://127.0.0.1:${fake.port}/api/graphql`,
  GITHUB_SERVER_URL: `http://github.localhost:${fake.port}`,
  ACTIONS_RESULTS_URL: `http://127.0.0.1:${fake.port}/`,
  ACTIONS_RUNTIME_TOKEN: `${encode({ alg: "none" })}.${encode({ scp: "Actions.Results:run-1:job-1" })}.x`,
});

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

async function answer(fake: FakeGitHub, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = `${request.method} ${request.url}`;
  const body = await readBody(request);
  fake.calls.push(call);
  await fake.gate(call);
  const rule = fake.rules.find((entry) => entry.on.test(call) && (entry.times ?? 1) > 0);
  if (rule?.times !== undefined) rule.times--;
  const fault = rule?.fault;
  if (fault === "hang") return;
  if (fault === "reset") return void request.socket.destroy();
  if (fault === "broken-json") return send(response, 200, '{"id": 1, "body": ', {});
  if (fault !== undefined && !fault.afterStoring) return refuse(response, fault);
  const route = routes.find(({ method, path }) => method === request.method && path.test(request.url ?? ""));
  if (route === undefined) return json(response, 404, { message: `Not Found: ${call}` });
  const url = new URL(request.url ?? "", `http://127.0.0.1:${fake.port}`);
  const parts = route.path.exec(request.url ?? "")?.slice(1) ?? [];
  const reply = route.answer({ fake, url, parts, body });
  if (fault !== undefined) return refuse(response, fault);
  if (reply.raw !== undefined) return send(response, reply.status, reply.raw, reply.headers ?? {});
  json(response, reply.status, reply.data, reply.headers);
}

const refuse = (response: ServerResponse, fault: Exclude<Fault, string>): void =>
  json(response, fault.status, { message: fault.message ?? `fault ${fault.status}` }, fault.headers);

interface Asked {
  readonly fake: FakeGitHub;
  readonly url: URL;
  readonly parts: readonly string[];
  readonly body: Uint8Array;
}

interface Reply {
  readonly status: number;
  readonly data?: unknown;
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  answer(asked: Asked): Reply;
}

/** v1: Gitea and Forgejo. */
const repo = "^/api/v[13]/repos/o/r";
const twirp = "^/twirp/github\\.actions\\.results\\.api\\.v1\\.ArtifactService";
const blobs = new Map<string, Map<string, Uint8Array>>();

const routes: readonly Route[] = [
  {
    method: "POST",
    path: /^\/api\/graphql/,
    answer: ({ fake }) =>
      fake.viewer === undefined
        ? { status: 404, data: { message: "Not Found" } }
        : { status: 200, data: { data: { viewer: { login: fake.viewer } } } },
  },
  { method: "GET", path: new RegExp(`${repo}/issues/7/comments`), answer: (asked) => paged(asked.fake.comments, asked) },
  {
    method: "POST",
    path: new RegExp(`${repo}/issues/7/comments`),
    answer: ({ fake, body }) => {
      const text = bodyText(body);
      return text.length > fake.maxBodyLength ? tooLong : { status: 201, data: fake.addComment(text) };
    },
  },
  {
    method: "PATCH",
    path: new RegExp(`${repo}/issues/comments/(\\d+)`),
    answer: ({ fake, parts, body }) => {
      const found = fake.comments.find(({ id }) => id === Number(parts[0]));
      const text = bodyText(body);
      if (found === undefined) return { status: 404, data: { message: "Not Found" } };
      if (text.length > fake.maxBodyLength) return tooLong;
      found.body = text;
      return { status: 200, data: found };
    },
  },
  {
    method: "DELETE",
    path: new RegExp(`${repo}/issues/comments/(\\d+)`),
    answer: ({ fake, parts }) => {
      const at = fake.comments.findIndex(({ id }) => id === Number(parts[0]));
      if (at < 0) return { status: 404, data: { message: "Not Found" } };
      fake.comments.splice(at, 1);
      return { status: 204, raw: "" };
    },
  },
  {
    method: "GET",
    path: new RegExp(`${repo}/pulls/7/comments`),
    answer: (asked) => {
      const { fake } = asked;
      const now = ({ shown, ...comment }: FakeReviewComment) => ({
        ...comment,
        line: shownAt(fake, comment.path, comment.line) === shown ? comment.line : null,
      });
      return paged(fake.reviewComments.map(now), asked);
    },
  },
  {
    method: "POST",
    path: new RegExp(`${repo}/pulls/7/comments`),
    answer: ({ fake, body }) => {
      const asked: Record<string, unknown> = JSON.parse(Buffer.from(body).toString("utf8"));
      const [path, line] = [String(asked.path), Number(asked.line)];
      const shown = shownAt(fake, path, line);
      if (asked.commit_id !== fake.headSha) return unprocessable("commit_id is not part of the pull request");
      if (asked.side !== "RIGHT" || shown === undefined) return unprocessable("pull_request_review_thread.line must be part of the diff");
      const { user, id } = fake.addComment("");
      fake.comments.pop();
      const comment = {
        id,
        body: String(asked.body),
        user,
        html_url: `http://127.0.0.1:${fake.port}/o/r/pull/7#discussion_r${id}`,
        path,
        line,
        shown,
        commit_id: fake.headSha,
      };
      fake.reviewComments.push(comment);
      return { status: 201, data: comment };
    },
  },
  {
    method: "PATCH",
    path: new RegExp(`${repo}/pulls/comments/(\\d+)`),
    answer: ({ fake, parts, body }) => {
      const found = fake.reviewComments.find(({ id }) => id === Number(parts[0]));
      if (found === undefined) return { status: 404, data: { message: "Not Found" } };
      found.body = bodyText(body);
      return { status: 200, data: found };
    },
  },
  { method: "GET", path: new RegExp(`${repo}/pulls/7/files`), answer: (asked) => paged(asked.fake.files.slice(0, 3000), asked) },
  {
    method: "GET",
    path: new RegExp(`${repo}/pulls/7(?:\\?|$)`),
    answer: ({ fake }) => ({ status: 200, data: { number: 7, head: { sha: fake.headSha } } }),
  },
  {
    method: "GET",
    path: new RegExp(`${repo}/pulls\\?`),
    answer: ({ fake }) => ({ status: 200, data: [{ number: 7, head: { sha: fake.headSha } }] }),
  },
  {
    method: "GET",
    path: new RegExp(`${repo}/compare/`),
    answer: ({ fake }) =>
      fake.mergeBase === undefined ? { status: 404, data: {} } : { status: 200, data: { merge_base_commit: { sha: fake.mergeBase } } },
  },
  {
    method: "GET",
    path: new RegExp(`${repo}/contents/([^?]+)`),
    answer: ({ fake, url, parts }) => {
      const text = fake.contents.get(`${url.searchParams.get("ref")}:${decodeURIComponent(parts[0] ?? "")}`);
      if (text === undefined) return { status: 404, data: { message: "Not Found" } };
      return { status: 200, data: { type: "file", encoding: "base64", content: Buffer.from(text).toString("base64") } };
    },
  },
  {
    method: "POST",
    path: new RegExp(`${twirp}/CreateArtifact`),
    answer: ({ fake, body }) => {
      const name = field(body, "name");
      if (fake.artifacts.has(name))
        return { status: 409, data: { code: "already_exists", msg: "an artifact with this name already exists" } };
      blobs.set(`${fake.port}/${name}`, new Map());
      return {
        status: 200,
        data: { ok: true, signed_upload_url: `http://127.0.0.1:${fake.port}/blob/${encodeURIComponent(name)}?sig=secret` },
      };
    },
  },
  {
    method: "PUT",
    path: /^\/blob\/([^?]+)/,
    answer: ({ fake, url, parts, body }) => {
      const blob = blobs.get(`${fake.port}/${decodeURIComponent(parts[0] ?? "")}`);
      if (url.searchParams.get("comp") === "block") blob?.set(url.searchParams.get("blockid") ?? "", body);
      return { status: 201, raw: "", headers: { etag: '"1"', "last-modified": "Tue, 24 Nov 2026 00:00:00 GMT" } };
    },
  },
  {
    method: "POST",
    path: new RegExp(`${twirp}/FinalizeArtifact`),
    answer: ({ fake, body }) => {
      const name = field(body, "name");
      fake.artifacts.set(name, Buffer.concat([...(blobs.get(`${fake.port}/${name}`)?.values() ?? [])]));
      return { status: 200, data: { ok: true, artifact_id: "4242" } };
    },
  },
];

const unprocessable = (message: string): Reply => ({
  status: 422,
  data: { message: "Validation Failed", errors: [{ resource: "PullRequestReviewComment", code: "custom", message }] },
});

/** What the diff shows on a line of a file's new side; undefined outside its hunks. */
function shownAt({ files }: FakeGitHub, path: string, line: number): string | undefined {
  const hunks = files.find(({ filename }) => filename === path)?.patch?.split(/^(?=@@ )/m) ?? [];
  for (const hunk of hunks) {
    const [head = "", ...rows] = hunk.replace(/\n$/, "").split("\n");
    const [, start = "0", count = "1"] = /\+(\d+)(?:,(\d+))? @@/.exec(head) ?? [];
    const news = rows.filter((row) => !row.startsWith("-") && !row.startsWith("\\"));
    if (line >= Number(start) && line < Number(start) + Number(count)) return news[line - Number(start)]?.slice(1);
  }
  return undefined;
}

const tooLong: Reply = {
  status: 422,
  data: {
    message: "Validation Failed: Body is too long (maximum is 65536 characters)",
    errors: [{ resource: "IssueComment", field: "data", code: "unprocessable" }],
  },
};

/** As the API does: `Link` with the next page, 30 a page without `per_page`. */
function paged(all: readonly unknown[], { url, fake }: Asked): Reply {
  const size = Number(url.searchParams.get("per_page") ?? "30");
  const page = Number(url.searchParams.get("page") ?? "1");
  const next = new URL(url);
  next.searchParams.set("page", String(page + 1));
  const more = page * size < all.length;
  return {
    status: 200,
    data: all.slice((page - 1) * size, page * size),
    headers: more ? { link: `<http://127.0.0.1:${fake.port}${next.pathname}${next.search}>; rel="next"` } : {},
  };
}

const bodyText = (body: Uint8Array): string => field(body, "body");

function field(body: Uint8Array, name: string): string {
  const parsed: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
  const value: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, name) : undefined;
  return typeof value === "string" ? value : "";
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const json = (response: ServerResponse, status: number, data: unknown, headers: Readonly<Record<string, string>> = {}): void =>
  send(response, status, JSON.stringify(data), headers);

function send(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>>): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(text);
}
