import { Controller, Get, Header } from '@nestjs/common';
import { PATHS } from '../config/paths.js';
import { JWKS_MAX_AGE, KeyRing } from '../jwt/key-ring.js';

/** The public keys (RFC 7517 §5). */
@Controller(PATHS.jwks)
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  @Get()
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE}`)
  jwks() {
    return this.keys.jwks();
  }
}
