import { createServer } from 'node:http';
import { xsendfile } from 'xsendfile';
import { doctorProbe } from 'xsendfile/doctor';

const [root = '', secret = '', mode] = process.argv.slice(2);
const probe = doctorProbe(xsendfile(root, { sender: 'serve' }), { secret });
const server = createServer((req, res) => {
  if (req.url === '/end') process.exit(0);
  probe(req, res);
}).listen(0, '127.0.0.1', () => process.send?.(Object(server.address()).port));
// A listener of the application's own decides when to end.
if (mode === 'graceful') process.on('SIGTERM', () => setTimeout(() => process.exit(7), 50));
