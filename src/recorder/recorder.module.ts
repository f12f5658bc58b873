import { Global, Module } from '@nestjs/common';
import { Attempts } from './attempts.service.js';
import { Recorder } from './recorder.service.js';

@Global()
@Module({ providers: [Attempts, Recorder], exports: [Attempts, Recorder] })
export class RecorderModule {}
