import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { AssetsController } from './assets.js';
import { BearerGuard } from './bearer.guard.js';
import { BrowserLogIn } from './browser-log-in.js';
import { ClientAuthenticationGuard } from './client-authentication.guard.js';
import { Cookies } from './cookies.js';
import { Csrf, CsrfGuard } from './csrf.js';
import { FailureFilter } from './failure.filter.js';
import { GuessThrottle } from './guess-throttle.js';
import { LoginGuard } from './login.guard.js';
import { Metrics } from './metrics.js';
import { PasskeyForms } from './passkey-form.js';
import { Recording } from './recording.js';
import { SecondStep } from './second-step.js';
import { OperatorGuard, SessionGuard } from './session.guard.js';

const EDGE = [
  BearerGuard,
  BrowserLogIn,
  ClientAuthenticationGuard,
  Cookies,
  Csrf,
  CsrfGuard,
  GuessThrottle,
  LoginGuard,
  Metrics,
  OperatorGuard,
  PasskeyForms,
  Recording,
  SecondStep,
  SessionGuard,
];

@Global()
@Module({
  imports: [PassportModule],
  controllers: [AssetsController],
  providers: [...EDGE, { provide: APP_FILTER, useClass: FailureFilter }],
  exports: EDGE,
})
export class HttpModule {}
