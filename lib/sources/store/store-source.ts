import { type ByteRange, parseRanges } from '../../http/ranges.js';
import { BadOptionError, RefusedError } from '../../shared/errors.js';
import { whileWanted } from '../../shared/while-wanted.js';
import type { RemoteObject } from '../../types.js';
import { toDeclaredFile } from '../declared.js';
import type { Found, OpenedFile, Source, Wanted } from '../source.js';
import { type CheckedObject, checkRemoteObject, openResponse } from './remote-object.js';
import type { RemoteStore, StoreRequest, StoreResponse } from './remote-store.js';

/** Options that a front end cannot follow, because it passes on the headers of the store. */
interface StoreOptions {
  readonly etag: unknown;
  readonly lastModified: boolean;
  readonly allow: readonly unknown[];
}

/**
 * Creates the source of a remote object: the store gets the range and the conditions of the client, and its bytes are
 * passed on.
 *
 * @param given - the object; undefined for the one that `locate` names.
 */
export function storeSource(
  store: RemoteStore,
  options: StoreOptions,
  given?: CheckedObject,
): Source {
  const locateFor = async (wanted: Wanted): Promise<CheckedObject> =>
    given ?? (await locate(store, wanted));

  async function open(wanted: Wanted, checked: CheckedObject): Promise<Found<OpenedFile>> {
    const segments = segmentsOf(wanted, checked);
    const declared = { file: toDeclaredFile(checked.object), segments };
    const { headers, isDecided } = wanted.negotiate(declared);
    if (isDecided) return declared;
    return { file: await fetchWithExactRange(store, checked, headers, wanted), segments };
  }

  return {
    root: '',
    takesDescriptors: false,
    async find(wanted) {
      const checked = await locateFor(wanted);
      const { size, type, name } = checked.object;
      return {
        // The times and the tag that the application declares are not what the front end shows.
        file: toDeclaredFile({ name, size, type }),
        segments: segmentsOf(wanted, checked),
        reference: canForward(wanted, options) ? checked.url : undefined,
        open: () => open(wanted, checked),
      };
    },
    isStill: async () => true,
    open: async (wanted) => open(wanted, await locateFor(wanted)),
  };
}

function segmentsOf({ segments }: Wanted, { object }: CheckedObject): readonly string[] {
  return [...segments.slice(0, -1), object.name];
}

/**
 * Whether a front end may fetch the object. It passes on the headers of the store, so an option that changes these
 * excludes it. With `allow`, which must know whether there will be a body, Node evaluates the conditions.
 */
function canForward({ request, acceptRanges }: Wanted, options: StoreOptions): boolean {
  if (options.etag === false || !options.lastModified || !acceptRanges) return false;
  return (
    options.allow.length === 0 || CONDITIONS.every((name) => request.headers[name] === undefined)
  );
}

const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** Returns the object for the requested path. */
async function locate(
  { locate, checkUrl }: RemoteStore,
  { application, segments, claims, signal }: Wanted,
): Promise<CheckedObject> {
  if (locate === undefined) {
    throw new BadOptionError(
      'xsendfile: this handler can only be called as sendRemote(): to mount it, or to use it as a route, give remoteRoot() the option locate, which names the object for a path.',
      { option: 'locate' },
    );
  }
  const context = Object.freeze({ ...application.named, segments, claims });
  const found = await whileWanted(async () => locate(segments.join('/'), context), signal);
  if (found === undefined) throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
  // Anything but an object is reported by the check.
  const isNameless = Object(found) === found && found.name === undefined;
  const object = isNameless ? { ...found, name: segments.at(-1) } : found;
  return checkRemoteObject(object, { checkUrl }, 'remoteRoot: locate');
}

/**
 * Fetches an object until the response has the range that the client means. Some stores ignore If-Range, misread a
 * range such as `bytes=-5`, or do not say that the object is empty.
 */
async function fetchWithExactRange(
  store: RemoteStore,
  checked: CheckedObject,
  headers: StoreRequest['headers'],
  wanted: Wanted,
): Promise<OpenedFile> {
  const { range, 'if-range': ifRange, ...others } = headers;
  const file = await fetchObject(store, checked, headers, wanted);
  const { decision } = file;
  if (decision?.status === 416) {
    if (ifRange === undefined && file.size > 0 && Number.isFinite(file.size)) return file;
    // A Range is ignored for an empty object, and if If-Range does not match.
    const whole = await fetchObject(store, checked, others, wanted);
    const isRefused =
      isRangeFresh(whole, wanted) && parseRanges(range ?? '', whole.size) === 'unsatisfiable';
    return isRefused && whole.decision !== undefined
      ? { ...whole, decision: { ...whole.decision, status: 416 } }
      : whole;
  }
  if (decision?.status !== 206) return file;
  const isFresh = isRangeFresh(file, wanted);
  const exact = exactRange(range ?? '', file.size);
  if (isFresh && formatRange(decision.range) === exact) return file;
  file.close();
  const mayRepeat = isFresh && exact !== undefined && exact !== range;
  const repeated = mayRepeat ? { ...others, range: exact } : others;
  return fetchWithExactRange(store, checked, repeated, wanted);
}

async function fetchObject(
  store: RemoteStore,
  { object, url }: CheckedObject,
  headers: StoreRequest['headers'],
  { signal }: Wanted,
): Promise<OpenedFile> {
  const response = await store.ask({ url, headers, signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  if (isOther(object, response)) {
    response.close();
    throw new RefusedError('ERR_XSENDFILE_REMOTE_BAD_RESPONSE', {
      cause: new Error(`the object has ${response.size} bytes, not ${object.size}`),
    });
  }
  return openResponse(object, response);
}

function isOther({ size: declared }: RemoteObject, { status, size }: StoreResponse): boolean {
  const isKnown = declared !== undefined && size !== undefined;
  return isKnown && declared !== size && (status === 200 || status === 206);
}

/** Whether the client can append a range to what it has. */
function isRangeFresh(file: OpenedFile, wanted: Wanted): boolean {
  try {
    return wanted.isRangeFresh({ file, segments: wanted.segments });
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Returns the single range of a Range header, with both ends, if any. */
function exactRange(header: string, size: number): string | undefined {
  const ranges = parseRanges(header, size);
  if (typeof ranges === 'string' || !Number.isFinite(ranges[0]?.end)) return undefined;
  return formatRange(ranges[0]);
}

function formatRange(range: ByteRange | undefined): string | undefined {
  return range && `bytes=${range.start}-${range.end}`;
}
