/** What the page may do: its own style and script, known by hash, and nothing else; no network, no form, no frame. A test compares the hashes with the texts. */

export const styleHash = "sha256-kOvKhP50xfcW8B64ZWxKhjsVF7rRbBCHeCTpz8FQQpA=";
export const scriptHash = "sha256-frqfOTLIxy/Dic62klFAPcQjQ2dyGKUKR6Bk9Pe5QZg=";

export const contentSecurityPolicy = `default-src 'none'; style-src '${styleHash}'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`;
