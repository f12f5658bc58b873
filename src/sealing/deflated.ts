import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * For some hundred bytes: what zlib begins with, and what it works in: 48 KB instead of 256, which V8 counts, and
 * collects the whole heap after so many megabytes of.
 */
const CHUNK = 1024;
const SMALL = { windowBits: 13, memLevel: 5, chunkSize: CHUNK };
const MAX_INFLATED = 64 * 1024;

/** What helps to write little of it. Inflating needs the same dictionary. */
interface Deflation {
  readonly dictionary?: Buffer;
  readonly level?: number;
}

/** A value of JSON in few bytes (RFC 1951). */
export function deflated(value: unknown, deflation: Deflation = {}): Buffer {
  return deflateRawSync(JSON.stringify(value), { ...SMALL, ...deflation });
}

/** The value. Throws when the bytes are none, or would become more than 64 KiB. */
export function inflated<T>(bytes: Buffer, { dictionary }: Deflation = {}): T {
  const json = inflateRawSync(bytes, { dictionary, maxOutputLength: MAX_INFLATED, chunkSize: CHUNK });
  return JSON.parse(json.toString()) as T;
}
