/** Fixes by the code of a diagnosis of the doctor; placeholders such as `{root}` are filled in. */
export type Fixes = Readonly<Record<string, string>>;

/** What the doctor knows of one server. */
export interface DoctorPart {
  /** Its names in the header Server. */
  readonly names: RegExp;
  /** Whether it hides a control header that it does not honour. @default false */
  readonly isSilent?: boolean;
  /** Whether it has one status for files that it cannot read and for those that it may not send. @default false */
  readonly isAmbiguous?: boolean;
  /** In place of the fixes for all servers. */
  readonly fixes: Fixes;
}
