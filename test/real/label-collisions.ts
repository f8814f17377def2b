/** Words of charts that lie over a line, a mark or another word, by their places on the screen. */
import type { Page } from "playwright-core";

export interface Collisions {
  /** Words that were looked at. */
  readonly texts: number;
  readonly collisions: readonly string[];
}

/** Runs in the page: all visible charts. A pixel of touching counts as none. */
export const labelCollisions = async (page: Page): Promise<Collisions> => await page.evaluate(`(${inPage})()`);

const inPage = `() => {
  const inset = 1;
  const boxOf = (element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return { left: left + inset, right: right - inset, top: top + inset, bottom: bottom - inset };
  };
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const onScreen = (element, x, y) => new DOMPoint(x, y).matrixTransform(element.getScreenCTM());
  const pointsOf = (shape) => {
    if (shape.tagName === "line") {
      const [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map((name) => Number(shape.getAttribute(name)));
      return [onScreen(shape, x1, y1), onScreen(shape, x2, y2)];
    }
    const length = shape.getTotalLength();
    const steps = shape.tagName === "polyline" ? 0 : 24;
    if (steps === 0) return Array.from(shape.points, ({ x, y }) => onScreen(shape, x, y));
    return Array.from({ length: steps + 1 }, (_, i) => shape.getPointAtLength((i * length) / steps)).map(({ x, y }) => onScreen(shape, x, y));
  };
  // Liang and Barsky: whether a segment enters a box.
  const enters = (a, b, box) => {
    let [from, to] = [0, 1];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    for (const [p, q] of [[-dx, a.x - box.left], [dx, box.right - a.x], [-dy, a.y - box.top], [dy, box.bottom - a.y]]) {
      if (p === 0 && q < 0) return false;
      if (p < 0) from = Math.max(from, q / p);
      if (p > 0) to = Math.min(to, q / p);
    }
    return from <= to;
  };
  const collisions = [];
  let count = 0;
  for (const svg of document.querySelectorAll("svg.chart")) {
    if (svg.getBoundingClientRect().width === 0) continue;
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() !== "");
    const lines = [...svg.querySelectorAll("line:not(.cursor), polyline, path, circle")].map((shape) => ({ shape, points: pointsOf(shape) }));
    const bars = [...svg.querySelectorAll("rect")].map((shape) => ({ shape, box: boxOf(shape) }));
    const frame = svg.getBoundingClientRect();
    count += texts.length;
    for (const [i, text] of texts.entries()) {
      const box = boxOf(text);
      const where = () => text.textContent + " in " + (svg.getAttribute("aria-label") ?? "").slice(0, 40);
      if (box.left < frame.left - 2 || box.right > frame.right + 2) collisions.push(where() + " leaves the chart");
      for (const { shape, points } of lines)
        if (points.some((point, n) => n > 0 && enters(points[n - 1], point, box))) collisions.push(where() + " over " + shape.tagName + "." + shape.getAttribute("class"));
      for (const { shape, box: bar } of bars) if (overlap(box, bar)) collisions.push(where() + " over a bar " + shape.getAttribute("class"));
      for (const other of texts.slice(i + 1)) if (overlap(box, boxOf(other))) collisions.push(where() + " over " + other.textContent);
    }
  }
  return { texts: count, collisions: [...new Set(collisions)].slice(0, 20) };
}`;
