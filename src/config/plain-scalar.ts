/** How the gate writes a text into YAML of others: plain where every reader takes it for the same text, else quoted. */

/** The text as one scalar, also inside a list in brackets. */
export const plainScalar = (text: string): string =>
  /^[A-Za-z_][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text);
