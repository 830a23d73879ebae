/** A stream that is written to. */
export interface CliOutput {
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
}

/** The world around a command: everything that it reads and changes besides files and sockets. */
export interface CliIo {
  /** Results, one per line. */
  readonly stdout: CliOutput;
  /** Errors and warnings. */
  readonly stderr: CliOutput;
  /** Links, one per line. */
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Output of `--version`. */
  readonly version: string;
  /** The clock, in milliseconds. */
  readonly now: () => number;
  /**
   * Calls back for every SIGINT and SIGTERM.
   *
   * @returns a function that takes the callback back.
   */
  onSignal(callback: () => void): () => void;
}
