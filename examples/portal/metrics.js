// @ts-check
// The outcomes of all requests for files, for Prometheus.
import { subscribe } from 'node:diagnostics_channel';
import { Counter, Gauge, Registry } from 'prom-client';

/**
 * @param {() => number} countRunning - returns the number of running downloads
 */
export function createMetrics(countRunning) {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'xsendfile_requests_total',
    help: 'Requests for files, by outcome',
    labelNames: ['kind', 'status', 'sender'],
    registers,
  });
  const sentBytes = new Counter({
    name: 'xsendfile_sent_bytes_total',
    help: 'Bytes of files that this process handed to the kernel',
    registers,
  });
  new Gauge({
    name: 'xsendfile_running_downloads',
    help: 'Downloads that are running, also those that a front end sends and reports',
    registers,
    collect() {
      this.set(countRunning());
    },
  });

  subscribe('xsendfile:outcome', (message) => {
    const { outcome } = /** @type {{ outcome: import('xsendfile').Outcome }} */ (message);
    const { kind, status, sender = 'none', bytes } = outcome;
    requests.inc({ kind, status, sender });
    sentBytes.inc(bytes);
  });
  return registry;
}
