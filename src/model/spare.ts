/** A margin that is no metric's own unit, in sentences. */

/** `9.9 dB of error to spare`, or `1.2 dB of error too much` where it is negative: dB by which the error may grow until a limit is reached. */
export const spareWords = (db: number): string => (db < 0 ? `${spareDb(-db)} of error too much` : `${spareDb(db)} of error to spare`);

/** `misses its limit by 6.4 dB of error, at worst 21.6 dB`: of a negative margin, and its interval's lower end; a negative rest is hard to read. */
export const missWords = (db: number, lowDb: number): string => `misses its limit by ${spareDb(-db)} of error, at worst ${spareDb(-lowDb)}`;

/** Tenths from 1 dB on, else two significant digits; the sign is a real minus. */
export function spareDb(db: number): string {
  if (!Number.isFinite(db)) return Number.isNaN(db) ? "NaN" : db > 0 ? "∞ dB" : "−∞ dB";
  const text = Math.abs(db) < 1 ? String(Number(db.toPrecision(2))) : db.toFixed(1);
  return `${text.replaceAll("-", "−")} dB`;
}
