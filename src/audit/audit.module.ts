import { Module } from '@nestjs/common';
import { AuditSealer } from './audit-sealer.service.js';

@Module({ providers: [AuditSealer] })
export class AuditModule {}
