import { Global, Module } from '@nestjs/common';
import { Accounts } from './accounts.service.js';
import { BrowserSessions } from './browser-sessions.js';
import { FirstOperator } from './first-operator.service.js';
import { LoginStrategy } from './login.strategy.js';
import { LoginThrottle } from './login-throttle.js';
import { Passwords } from './passwords.js';

@Global()
@Module({
  providers: [Accounts, BrowserSessions, FirstOperator, LoginStrategy, LoginThrottle, Passwords],
  exports: [Accounts, BrowserSessions, FirstOperator, Passwords],
})
export class AccountsModule {}
