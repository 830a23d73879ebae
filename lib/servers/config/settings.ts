import type { Embedding } from '../../types.js';
import type { ReportAddress } from './report-address.js';

/** A store, complete and checked. */
export interface RemoteSettings {
  readonly origin: URL;
  /** Prefix of the location, with a slash at its end. */
  readonly location: string;
  readonly trustedCertificates: string;
  readonly resolver: string | undefined;
  readonly hideHeaders: readonly string[];
}

/** A directory, and the location that leads there. */
export interface FilesSettings {
  /** The path that the front end sees. */
  readonly root: string;
  /** Ends with a slash; empty for servers that have none. */
  readonly location: string;
}

/** Complete and checked. */
export interface FrontEndSettings {
  /** Name of the function, for messages. */
  readonly caller: string;
  /** At least one, unless there are remotes. */
  readonly files: readonly FilesSettings[];
  readonly remotes: readonly RemoteSettings[];
  readonly passHeaders: readonly string[];
  /** Host and port of the application. */
  readonly upstream: string;
  readonly handshake: string | undefined;
  readonly reports: ReportAddress | undefined;
  readonly embedding: Embedding;
  readonly host: string | undefined;
  readonly port: number;
  readonly standalone: boolean;
  readonly scratch: string | undefined;
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly modules: string;
}
