import type { Option } from '../../shared/option-reader.js';
import type { FrontEndServer } from '../names.js';
import type { FrontEndSettings } from './settings.js';

/** What the configuration of one server is made of, and which options it takes. */
export interface Generator {
  readonly server: FrontEndServer;
  readonly generate: (settings: FrontEndSettings) => string;
  /** Reads a location; undefined stands for that of the sender. Omit it if files are named by their paths. */
  readonly location?: (location: unknown, option: Option) => string;
  /** Whether one directory may have several locations. @default false */
  readonly takesLocations?: boolean;
  /** Whether the server fetches remote objects. @default false */
  readonly takesRemotes?: boolean;
  /** Whether its log can tell the id of a download. @default false */
  readonly takesReports?: boolean;
  /** Headers that the server drops, and that its configuration cannot restore. @default none */
  readonly lost?: RegExp;
}
