/** What the page may do: its own style and script, known by hash, and nothing else; no network, no form, no frame. A test compares the hashes with the texts. */

export const styleHash = "sha256-44hO+RuRU/PWEmkK+4Iw5fkj0Aev9sFnqpcA/gkRu9A=";
export const scriptHash = "sha256-/hRbl0q0CbMRUFBQ1lk+Bji4uF1nbjSw7ajAyfyJ6j0=";

export const contentSecurityPolicy = `default-src 'none'; style-src '${styleHash}'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`;
