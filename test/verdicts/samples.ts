/**
 * Seeded samples for the labelled set: pictures, bytes. Sample i of a model is the same on every machine and does not depend on how many are asked for,
 * so that calibration, validation and the fresh samples that a label rests on never meet.
 */
import { seededRandom } from "../../src/measure/random.ts";

/** Values in [0, 255], row-major height x width x 3. Light from one side, some flat shapes, rows of strokes as text has them, and sensor noise. */
export function picture(seed: number, height: number, width: number): Float32Array {
  const random = seededRandom(seed);
  const pixels = new Float32Array(height * width * 3);
  const paint = (y: number, x: number, color: readonly number[], weight: number): void => {
    if (y < 0 || x < 0 || y >= height || x >= width) return;
    for (let c = 0; c < 3; c++) {
      const at = (y * width + x) * 3 + c;
      pixels[at] = (pixels[at] ?? 0) * (1 - weight) + (color[c] ?? 0) * weight;
    }
  };
  const tint = () => [random() * 255, random() * 255, random() * 255];
  const [ground, slopeX, slopeY] = [tint(), (random() - 0.5) * 160, (random() - 0.5) * 160];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const light = (slopeX * x) / width + (slopeY * y) / height;
      paint(
        y,
        x,
        ground.map((value) => value + light),
        1,
      );
    }
  for (let n = Math.floor(random() * 5); n > 0; n--) {
    const [color, cy, cx] = [tint(), random() * height, random() * width];
    const [ry, rx, round] = [2 + (random() * height) / 2, 2 + (random() * width) / 3, random() < 0.5];
    for (let y = Math.floor(cy - ry); y < cy + ry; y++)
      for (let x = Math.floor(cx - rx); x < cx + rx; x++)
        if (!round || ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1) paint(y, x, color, 0.9);
  }
  const [ink, size] = [tint(), Math.max(4, Math.floor(height * (0.15 + random() * 0.5)))];
  for (let row = Math.floor(random() * 3); row > 0; row--) {
    const top = Math.floor(random() * (height - size));
    for (let x = Math.floor(random() * 8); x < width - size; x += Math.floor(size * (0.5 + random() * 0.4)))
      for (let stroke = 0; stroke < 3; stroke++) {
        const [fromY, toY, fromX, toX] = [random() * size, random() * size, random() * size * 0.5, random() * size * 0.5];
        for (let t = 0; t <= 1; t += 0.5 / size)
          paint(Math.round(top + fromY + (toY - fromY) * t), Math.round(x + fromX + (toX - fromX) * t), ink, 0.85);
      }
  }
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.min(255, Math.max(0, (pixels[i] ?? 0) + (random() - 0.5) * 16));
  return pixels;
}

/** Interleaved colour to planes: height x width x 3 to 3 x height x width. */
export function planes(pixels: Float32Array, height: number, width: number): Float32Array {
  const result = new Float32Array(pixels.length);
  for (let c = 0; c < 3; c++) for (let i = 0; i < height * width; i++) result[c * height * width + i] = pixels[i * 3 + c] ?? 0;
  return result;
}

const words =
  "the of value return import function data class { } ( ) = ; if else for while 0 1 <div> </div> \n \t # // key: null true".split(" ");

/** The beginning and end of a made-up source file as byte values, padded with 256: what a file-type classifier reads. */
export function fileBytes(seed: number, length: number): Int32Array {
  const random = seededRandom(seed);
  const text: number[] = [];
  const binary = random() < 0.3;
  const own = Array.from({ length: 12 }, () => words[Math.floor(random() * words.length)] ?? "");
  const wanted = Math.floor(length * (0.2 + random() * 0.9));
  while (text.length < wanted) {
    if (binary) text.push(Math.floor(random() ** 2 * 256));
    else for (const character of `${own[Math.floor(random() * own.length)]} `) text.push(character.charCodeAt(0));
  }
  return Int32Array.from({ length }, (_, i) => text[i] ?? 256);
}
