import { Global, Module } from '@nestjs/common';
import { Mailer } from './mailer.service.js';
import { Outbox } from './outbox.js';

@Global()
@Module({ providers: [Mailer, Outbox], exports: [Mailer, Outbox] })
export class MailModule {}
