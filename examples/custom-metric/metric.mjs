/** Accuracy on labels.json: reads one .npz a sample from the folder named and prints {"accuracy": share} as its last line. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder = ""] = process.argv.slice(2);
const labels = JSON.parse(readFileSync("labels.json", "utf8"));
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".npz"))
  .sort();
const right = files.filter((file) => bestOf(readLogits(readFileSync(join(folder, file)))) === labels[Number.parseInt(file, 10)]);
console.log(JSON.stringify({ accuracy: right.length / files.length }));

/** The gate stores float32 members without compression, so the first array starts behind the zip's and numpy's headers. */
function readLogits(bytes) {
  const npy = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const data = npy + 10 + bytes.readUInt16LE(npy + 8);
  const end = npy + bytes.readUInt32LE(22);
  return Array.from({ length: (end - data) / 4 }, (_, i) => bytes.readFloatLE(data + 4 * i));
}

function bestOf(logits) {
  return logits.indexOf(Math.max(...logits));
}
