import {
  type ArchiveRequest,
  createMemberGate,
  type MemberObservers,
} from '../pipeline/allow-member.js';
import type { HandlerState } from '../pipeline/request-state.js';
import { rulesOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import { isRefusal } from '../shared/errors.js';
import { statOfDescriptor } from '../sources/directory/descriptor.js';
import type { DirectoryListing } from '../sources/directory/list-directory.js';
import type { RootDirectory } from '../sources/directory/root-directory.js';
import { identityOf, isSameIdentity } from '../sources/identity.js';
import type { FoundFile, OpenedFile } from '../sources/source.js';
import { confine } from './requested-file.js';

/** A file that passed all checks of a download. */
export interface FoundMember extends Pick<FoundFile, 'identity' | 'size' | 'checkedAtMs'> {
  readonly segments: readonly string[];
  /** Absolute path of the directory that it must be in; undefined for the root. */
  readonly within: string | undefined;
  readonly etag: string | undefined;
}

/** A directory, and the segments of its path. */
export interface ListedFolder extends DirectoryListing {
  readonly segments: readonly string[];
}

/** The files of a handler for one request, as members of an archive. */
export interface MembersOfRequest {
  /** The request as functions of the application get it. */
  readonly subject: object;
  readonly observers: MemberObservers;
  /**
   * Finds a file with all checks of a download, `allow` included.
   *
   * @throws {@link RefusedError} as `send()`, or what an option function throws.
   */
  find(path: unknown): Promise<FoundMember>;
  /**
   * Opens a file that was found, with the same checks of its path. The caller closes it.
   *
   * @param isContentWanted - whether to read a small one at once.
   * @returns undefined if it is another file or version now.
   * @throws {@link RefusedError}
   */
  open(member: FoundMember, isContentWanted: boolean): Promise<OpenedFile | undefined>;
  /** Whether an open file, whose bytes have been read, is still the version that was found. */
  isStill(opened: OpenedFile, member: FoundMember): Promise<boolean>;
  /**
   * Lists those names in a directory that requests may have in their path.
   *
   * @throws {@link RefusedError}
   */
  list(path: unknown): Promise<ListedFolder>;
  /** @throws {@link RefusedError} for what is not a file that requests can get; `allow` is not asked. */
  check(segments: readonly string[]): Promise<unknown>;
}

/**
 * Opens the files of a handler for a request.
 *
 * @param request - as the methods of the handler get it.
 * @param archive - name of the archive, for `allow`.
 */
export type MemberFiles = (request: unknown, archive: string) => MembersOfRequest;

/** Returns the request as the handler sees it; throws for a value that is not one. */
export type ViewRequest = (request: unknown) => ArchiveRequest;

export function createMemberFiles(
  directory: RootDirectory,
  state: HandlerState,
  viewOf: ViewRequest,
): MemberFiles {
  const rules = rulesOf(state.config);

  function isReachable(segments: readonly string[]): boolean {
    try {
      directory.pathOf(sanitizePath(segments, rules));
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  return (given, archive) => {
    const view = viewOf(given);
    const gate = createMemberGate(state, view, archive);
    return {
      subject: view.subject,
      observers: gate.observers,
      async find(path) {
        const segments = sanitizePath(path, rules);
        const within = confine(view, state);
        const opened = await directory.open(segments, false, within);
        opened.close();
        const { identity, size, checkedAtMs } = opened;
        const etag = await gate.check(opened, segments);
        return { segments, within, identity, size, checkedAtMs, etag };
      },
      async open({ segments, within, identity }, isContentWanted) {
        const opened = await directory.open(segments, isContentWanted, within);
        if (isSameIdentity(opened.identity, identity)) return opened;
        opened.close();
        return undefined;
      },
      async isStill({ body }, { identity }) {
        // Bytes in memory were read before the file was identified.
        if (body.kind !== 'descriptor') return true;
        return isSameIdentity(identity, identityOf(await statOfDescriptor(body.descriptor, false)));
      },
      async list(path) {
        const segments = sanitizePath(path, rules);
        const listing = await directory.list(segments, confine(view, state));
        const names = listing.names.filter(({ name }) => isReachable([...segments, name]));
        return { ...listing, segments, names };
      },
      check: (segments) => directory.check(segments, confine(view, state)),
    };
  };
}
