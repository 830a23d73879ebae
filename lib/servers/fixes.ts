import { apacheForDoctor } from './apache/fixes.js';
import { caddyForDoctor } from './caddy/fixes.js';
import type { DoctorPart } from './doctor-part.js';
import { h2oForDoctor } from './h2o/fixes.js';
import { lighttpdForDoctor } from './lighttpd/fixes.js';
import type { FrontEndServer } from './names.js';
import { nginxForDoctor } from './nginx/fixes.js';

/** Names and fixes of each server, for the doctor. */
export const DOCTOR_PARTS: { readonly [server in FrontEndServer]: DoctorPart } = {
  nginx: nginxForDoctor,
  apache: apacheForDoctor,
  lighttpd: lighttpdForDoctor,
  caddy: caddyForDoctor,
  h2o: h2oForDoctor,
};
