/**
 * The page's one script: copy buttons, reading the network chart layer by layer, opening folds for print. The page reads without it.
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
    const [place, name, injected, accumulated] = points[at];
    readout.textContent = "Layer " + place + ": " + name + ", injected " + injected + ", accumulated " + accumulated;
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
const folds = [...document.querySelectorAll("details")];
let closed = [];
addEventListener("beforeprint", () => { closed = folds.filter((fold) => !fold.open); for (const fold of closed) fold.open = true; });
addEventListener("afterprint", () => { for (const fold of closed) fold.open = false; });
`;
