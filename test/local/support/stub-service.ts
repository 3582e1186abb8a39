/** Stands in for `sluice api` and `sluice worker`: the supervisor is the subject, not they. */
import { createServer } from 'node:http';

const [role] = process.argv.slice(2);
if (role === 'worker' && process.env.STUB_CRASH) throw new Error('the stub was told to crash');
process.on('SIGTERM', () => {
  if (role !== 'worker' || !process.env.STUB_STUBBORN) process.exit(0);
});
if (role === 'api') {
  createServer((request, response) => {
    const ready = request.url === '/healthz' || (request.url === '/readyz' && !process.env.STUB_CRASH);
    response.writeHead(ready ? 200 : 503).end();
  }).listen(Number(process.env.SLUICE_PORT), '127.0.0.1');
} else {
  setInterval(() => {}, 60_000);
}
