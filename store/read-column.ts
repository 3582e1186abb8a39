/**
 * A column that Postgres sent as `string_agg(float8send(…), '')`, null as NaN. Text arrays of the same numbers take several
 * times as long to read.
 */
export function readNumbers(bytes: Buffer): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.byteLength / 8 }, (_, row) => view.getFloat64(8 * row));
}
