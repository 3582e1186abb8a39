import { connect, type IncomingHttpHeaders } from 'node:http2';

/** `HealthCheckRequest{service: "temporal.api.workflowservice.v1.WorkflowService"}` in a gRPC frame. */
const request = (() => {
  const service = Buffer.from('temporal.api.workflowservice.v1.WorkflowService');
  const message = Buffer.concat([Buffer.from([0x0a, service.length]), service]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
})();

/**
 * True when the Temporal server at `address` says it serves workflows (gRPC health protocol, plain text). Written on
 * node:http2: the Temporal client takes half a second of CPU to load, which the supervisor has no other use for.
 */
export function grpcHealthy(address: string, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const finish = (healthy: boolean) => {
      clearTimeout(timer);
      session.destroy();
      resolve(healthy);
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    session.on('error', () => finish(false));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let status: string | undefined;
    const note = (headers: IncomingHttpHeaders) => {
      status = (headers['grpc-status'] as string | undefined) ?? status;
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => finish(false));
    // `HealthCheckResponse{status: SERVING}` is the field 1 with the value 1, after the frame's 5 bytes.
    stream.on('close', () =>
      finish(
        status === '0' &&
          Buffer.concat(chunks)
            .subarray(5)
            .equals(Buffer.from([0x08, 0x01])),
      ),
    );
    stream.end(request);
  });
}
