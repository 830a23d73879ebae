/**
 * The application's part of `xsendfile doctor <url>`.
 *
 * @module
 */

export { BadOptionError } from '../../shared/errors.js';
export { type DoctorProbe, type DoctorProbeOptions, doctorProbe } from './probe.js';
export type { ProbedObject } from './remote.js';
