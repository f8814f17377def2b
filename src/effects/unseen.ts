/** Characters that nobody sees and some program acts on, in foreign text: the one list of them. */

/** Terminal control sequences. */
const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// C0 without tab and line feed, DEL and C1, bidirectional controls, zero-width characters, line separators, soft hyphen, fillers, tag characters.
const unseen =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0\u{e0000}-\u{e007f}]/gu;

/** The text without them; halves of surrogate pairs become U+FFFD. */
export const withoutUnseen = (text: string): string => text.replace(ansi, "").replace(unseen, "").toWellFormed();
