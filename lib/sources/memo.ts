/** More handlers than usually share a directory. */
const MAX_OWNERS = 8;

/**
 * Data that handlers cache with one cached file. Several handlers may share a file, such as `authToken()` and its
 * `files`, but never what they remember about it.
 */
export class Memo {
  #entries: readonly (readonly [owner: object, value: unknown])[] = [];

  /** Returns what the owner remembers, which the first call creates. */
  of<Value>(owner: MemoOwner<Value>): Value {
    const entry = this.#entries.find(([each]) => each === owner);
    if (entry !== undefined) return entry[1] as Value;
    const value = owner.createMemory();
    this.#entries = [...this.#entries.slice(1 - MAX_OWNERS), [owner, value]];
    return value;
  }
}

/** A handler that remembers something about each file. */
export interface MemoOwner<Value> {
  readonly createMemory: () => Value;
}
