import type { OutgoingHttpHeader } from 'node:http';

/** Headers to set; undefined removes one. */
export type HeaderChanges = Readonly<Record<string, OutgoingHttpHeader | undefined>>;
