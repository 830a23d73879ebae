/** Fixes by the code of a diagnosis of the doctor; placeholders such as `{root}` are filled in. */
export type Fixes = Readonly<Record<string, string>>;
