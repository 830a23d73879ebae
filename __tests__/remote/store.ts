/** A store with the interface of S3, in which a test can create buckets. */
export interface Store {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** Whether responses have Accept-Ranges. */
  readonly announcesRanges: boolean;
  /** Makes an object of `large-object.ts`, which takes little room. */
  putLarge(bucket: string, key: string): Promise<void>;
  /** Ends it in the middle of whatever it sends. */
  stop(): Promise<void>;
  /** Starts it again, with what was stored. */
  start(): Promise<void>;
}
