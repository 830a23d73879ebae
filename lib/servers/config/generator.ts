import type { Option } from '../../shared/option-reader.js';
import type { Traits } from '../contract.js';
import type { FrontEndSettings } from './settings.js';

/** Parts of the configuration of one server, and the options that it takes. */
export interface Generator {
  /** What tells whether it takes remote objects and reports, too. */
  readonly traits: Traits;
  readonly generate: (settings: FrontEndSettings) => string;
  /** Reads a location; undefined means the sender's. Omit it if the header contains paths of files. */
  readonly location?: (location: unknown, option: Option) => string;
  /** Whether one directory may have several locations. @default false */
  readonly takesLocations?: boolean;
  /** Headers that the server drops, and that its configuration cannot restore. @default none */
  readonly lost?: RegExp;
}
