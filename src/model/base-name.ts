/** What people call the base of files that are not committed. */
export const lastCommit = "the last commit";
