import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sealing } from '../sealing/sealing.service.js';

const ID = 16;
const GENERATION = 4;
const SECRET = 32;
const MAC = 32;
const LENGTH = ID + GENERATION + SECRET + MAC;

/** What a refresh token consists of, besides its MAC. */
export interface RefreshTokenParts {
  readonly grantId: string;
  readonly generation: number;
  /** 32 random bytes, the same for every token of the grant. */
  readonly secret: Buffer;
}

/**
 * Refresh tokens (RFC 6749 §1.5): grant id ‖ generation ‖ the grant's secret ‖ HMAC over the three, base64url. The MAC
 * is checked without a query, so forged tokens cost the database nothing; the successor is a function of the token and
 * the row, so it is never stored.
 */
@Injectable()
export class RefreshTokens {
  constructor(private readonly sealing: Sealing) {}

  static newSecret(): Buffer {
    return randomBytes(SECRET);
  }

  write({ grantId, generation, secret }: RefreshTokenParts): string {
    const body = Buffer.alloc(ID + GENERATION + SECRET);
    body.write(grantId.replaceAll('-', ''), 0, 'hex');
    body.writeUInt32BE(generation, ID);
    secret.copy(body, ID + GENERATION);
    return Buffer.concat([body, this.sealing.mac('refresh-token', body)]).toString('base64url');
  }

  /** The parts, or undefined when this is not a token of ours to the last bit. */
  read(token: string): RefreshTokenParts | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== LENGTH || bytes.toString('base64url') !== token) return undefined;
    const body = bytes.subarray(0, -MAC);
    if (!this.sealing.hasMac('refresh-token', body, bytes.subarray(-MAC))) return undefined;
    const id = body.toString('hex', 0, ID);
    const grantId = `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`;
    return { grantId, generation: body.readUInt32BE(ID), secret: body.subarray(ID + GENERATION) };
  }
}
