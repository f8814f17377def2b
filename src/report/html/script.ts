/**
 * The page's one script: copy buttons, reading the network chart layer by layer, filter and order of the layer tables. The page reads without it.
 * Foreign text is only ever set as textContent. Allowed by hash in the Content-Security-Policy.
 */

export const script = `
"use strict";
document.documentElement.classList.add("js");
for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const pre = button.parentElement.querySelector("pre");
    let done = false;
    try { await navigator.clipboard.writeText(pre.textContent); done = true; } catch {
      const range = document.createRange();
      range.selectNodeContents(pre);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
const data = JSON.parse(document.getElementById("data").textContent);
for (const box of document.querySelectorAll(".explore")) {
  const points = data.models[Number(box.dataset.model)].points;
  const readout = box.nextElementSibling;
  let at = -1;
  const show = (index) => {
    at = Math.max(0, Math.min(points.length - 1, index));
    const [place, name, injected, accumulated, precision] = points[at];
    readout.textContent = "Layer " + place + ": " + name + ", injected " + injected + ", accumulated " + accumulated + ", " + precision;
    for (const cursor of box.querySelectorAll(".cursor")) {
      const left = Number(cursor.dataset.left), right = Number(cursor.dataset.right);
      const x = left + (place / Number(cursor.dataset.last)) * (right - left);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.classList.add("on");
    }
  };
  box.tabIndex = 0;
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: points.length - 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(step);
  });
  box.addEventListener("pointermove", (event) => {
    const svg = event.target.closest("svg");
    const cursor = svg && svg.querySelector(".cursor");
    if (!cursor) return;
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const left = Number(cursor.dataset.left), right = Number(cursor.dataset.right);
    const wanted = ((place.x - left) / (right - left)) * Number(cursor.dataset.last);
    let nearest = 0;
    for (let i = 1; i < points.length; i++) if (Math.abs(points[i][0] - wanted) < Math.abs(points[nearest][0] - wanted)) nearest = i;
    show(nearest);
  });
}
const openRows = 10;
for (const box of document.querySelectorAll(".sortable")) {
  const tools = box.querySelector(".tools");
  if (!tools) continue;
  const body = box.querySelector("tbody");
  const heads = [...box.querySelectorAll("th")];
  const [input, button, status] = ["input", "button", "[role=status]"].map((what) => tools.querySelector(what));
  let rows = [...body.rows];
  let all = false;
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const draw = () => {
    const words = input.value.toLowerCase().split(/\\s+/);
    const hits = rows.filter((row) => words.every((word) => texts.get(row).includes(word)));
    const most = all || input.value.trim() !== "" ? hits.length : openRows;
    const shown = new Set(hits.slice(0, most));
    for (const row of rows) row.hidden = !shown.has(row);
    body.append(...hits, ...rows.filter((row) => !hits.includes(row)));
    status.textContent = shown.size + " of " + rows.length + " layers shown";
    button.textContent = all ? "Show the first " + openRows : "Show all " + rows.length;
    button.hidden = rows.length <= openRows;
  };
  const sort = (column, direction) => {
    const key = (row) => {
      const cell = row.cells[column];
      return cell.dataset.v === undefined ? cell.textContent : cell.dataset.v === "" ? undefined : Number(cell.dataset.v);
    };
    const order = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a < b ? -1 : a > b ? 1 : 0);
    rows = rows.toSorted((a, b) => {
      const [x, y] = [key(a), key(b)];
      return x === undefined || y === undefined ? (x === undefined) - (y === undefined) : direction * order(x, y);
    });
    for (const [i, head] of heads.entries()) {
      if (i === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    draw();
  };
  for (const [i, head] of heads.entries()) {
    const press = document.createElement("button");
    press.type = "button";
    press.textContent = head.textContent;
    press.addEventListener("click", () => sort(i, head.getAttribute("aria-sort") === "ascending" ? -1 : 1));
    head.replaceChildren(press);
    if (press.textContent === "Injected") head.setAttribute("aria-sort", "ascending");
  }
  input.addEventListener("input", draw);
  button.addEventListener("click", () => { all = !all; draw(); });
  draw();
}
`;
