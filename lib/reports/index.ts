/**
 * Reports of what became of downloads, also of those that a front end sends.
 *
 * @module
 */

export { BadOptionError, XSendfileError } from '../shared/errors.js';
export type { Delivery, DeliveryReporter, Outcome } from '../types.js';
export {
  type DeliveryReports,
  type DeliveryReportsOptions,
  deliveryReports,
  type ReportCounts,
} from './delivery-reports.js';
