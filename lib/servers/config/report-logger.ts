import type { ReportAddress } from './report-address.js';
import { formatReportLine, type ReportFields } from './report-line.js';

/** Reads lines, and sends each as a datagram in the format of syslog; part of util-linux. */
const LOGGER = '/usr/bin/logger';

/** A line of the log, and the program that the server starts and writes it to. */
export interface PipedLog {
  readonly program: string;
  readonly line: string;
}

/** For servers that cannot send a log over the network themselves. */
export function pipedLogOf({ host, port }: ReportAddress, fields: ReportFields): PipedLog {
  return {
    program: `${LOGGER} --server ${host} --port ${port} --udp --rfc3164 --tag xsendfile`,
    line: formatReportLine(fields),
  };
}
