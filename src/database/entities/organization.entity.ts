import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What a connection acts for: a person approves a tool for one organization. */
@Entity('organizations')
export class Organization {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('timestamptz') createdAt: Date;
}
