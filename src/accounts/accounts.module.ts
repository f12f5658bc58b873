import { Global, Module } from '@nestjs/common';
import { Accounts } from './accounts.service.js';
import { BrowserSessions } from './browser-sessions.js';
import { FirstOperator } from './first-operator.service.js';
import { HalfWay } from './half-way.js';
import { Inviter } from './inviter.service.js';
import { LoginStrategy } from './login.strategy.js';
import { LoginThrottle } from './login-throttle.js';
import { MailThrottle } from './mail-throttle.js';
import { OwnAccount } from './own-account.service.js';
import { PasskeyChallenges } from './passkey-challenges.js';
import { Passkeys } from './passkeys.service.js';
import { PasswordReset } from './password-reset.service.js';
import { Passwords } from './passwords.js';
import { Reauthentication } from './reauthentication.js';
import { SecondFactors } from './second-factors.service.js';
import { SecondFactorThrottle } from './second-factor-throttle.js';
import { SignUp } from './sign-up.service.js';

@Global()
@Module({
  providers: [
    Accounts,
    BrowserSessions,
    FirstOperator,
    HalfWay,
    Inviter,
    LoginStrategy,
    LoginThrottle,
    MailThrottle,
    OwnAccount,
    PasskeyChallenges,
    Passkeys,
    PasswordReset,
    Passwords,
    Reauthentication,
    SecondFactors,
    SecondFactorThrottle,
    SignUp,
  ],
  exports: [
    Accounts,
    BrowserSessions,
    FirstOperator,
    HalfWay,
    Inviter,
    OwnAccount,
    Passkeys,
    PasswordReset,
    Passwords,
    SecondFactors,
    SignUp,
  ],
})
export class AccountsModule {}
