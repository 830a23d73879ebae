import { forDoctor as apache } from './apache/fixes.js';
import { forDoctor as caddy } from './caddy/fixes.js';
import type { DoctorPart } from './doctor-part.js';
import { forDoctor as h2o } from './h2o/fixes.js';
import { forDoctor as lighttpd } from './lighttpd/fixes.js';
import type { FrontEndServer } from './names.js';
import { forDoctor as nginx } from './nginx/fixes.js';

type DoctorParts = { readonly [server in FrontEndServer]: DoctorPart };

/** Names and fixes of each server, for the doctor. */
export const DOCTOR_PARTS: DoctorParts = { nginx, apache, lighttpd, caddy, h2o };
