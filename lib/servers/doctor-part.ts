/** Names and fixes of one server, for the doctor. */
export interface DoctorPart {
  /** Its names in the header Server. */
  readonly names: RegExp;
  /** Whether it hides a control header that it does not honour. @default false */
  readonly isSilent?: boolean;
  /** Whether it has one status for files that it cannot read and for those that it may not send. @default false */
  readonly isAmbiguous?: boolean;
  /** By the code of the diagnosis, instead of the fixes for all servers; placeholders such as `{root}` are filled in. */
  readonly fixes: Readonly<Record<string, string>>;
  /**
   * Returns values of placeholders in the syntax of this server; fixes for all servers may have these, too.
   *
   * @param list - names of the headers that the diagnosis is about.
   */
  readonly placeholders?: (list: readonly string[]) => Readonly<Record<string, string>>;
}
