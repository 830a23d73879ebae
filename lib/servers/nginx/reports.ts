import type { FrontEndSettings } from '../config/options.js';
import { formatHost } from '../config/report-address.js';
import { formatReportLine } from '../config/report-line.js';
import { type Lines, lines } from '../config/text.js';
import { variableOf } from './headers.js';
import { quote } from './quoting.js';
import { nginx } from './traits.js';

const LINE = formatReportLine({
  id: '$xsendfile_download_id',
  status: '$status',
  bytes: '$body_bytes_sent',
  length: '$sent_http_content_length',
  end: '$request_completion',
  range: '$sent_http_content_range',
});

/** Directives of the locations that send what has the id of a download; nothing without reports. */
export interface ReportLogs {
  /** Saves the id, which is lost when nginx requests an object from a store. */
  readonly save: Lines;
  /** Logs the response, also in a location that sends an error page instead. */
  readonly write: Lines;
}

/** Configuration outside of the server block. */
export function reportFormat({ reports }: FrontEndSettings, name: string): Lines {
  return reports === undefined ? [] : [`log_format ${name}_report '${LINE}';`, ''];
}

/** Configuration in the locations. */
export function reportLogs(
  { reports, scratch, standalone }: FrontEndSettings,
  name: string,
): ReportLogs {
  if (reports === undefined) return { save: [], write: [] };
  const address = `${formatHost(reports.host)}:${reports.port}`;
  return {
    save: [`set $xsendfile_download_id $upstream_http_${variableOf(nginx.downloadIdHeader)};`],
    write: lines`
      # Reports each download to the application.
      access_log syslog:server=${address},tag=xsendfile,nohostname ${name}_report if=$xsendfile_download_id;
      # That replaces the logs from outside of this location: they are repeated here.
      ${
        scratch === undefined
          ? 'access_log /var/log/nginx/access.log;'
          : accessLogOf(scratch, standalone ? 'sent' : 'combined')
      }
    `,
  };
}

/** The ordinary log below `scratch`. */
export function accessLogOf(scratch: string, format: 'sent' | 'combined'): string {
  return `access_log ${quote(`${scratch}/access.log`)} ${format};`;
}
