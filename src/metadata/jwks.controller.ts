import { Controller, Get, Header } from '@nestjs/common';
import { JWKS_MAX_AGE, KeyRing } from '../jwt/key-ring.js';

/** The public keys (RFC 7517 §5). */
@Controller('mcp/oauth/jwks')
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  @Get()
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE}`)
  jwks() {
    return this.keys.jwks();
  }
}
