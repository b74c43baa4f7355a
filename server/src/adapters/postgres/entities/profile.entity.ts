import type { Profile } from '@tandem/protocol/http';
import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { UserEntity } from './user.entity.js';

@Entity('profiles')
export class ProfileEntity {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'profiles_pkey' })
  userId!: string;

  @OneToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'profiles_user_id_fkey' })
  user?: UserEntity;

  @Column('jsonb', { name: 'ide_settings' })
  ideSettings!: Profile['ideSettings'];

  @Column('jsonb', { name: 'ai_preferences' })
  aiPreferences!: Profile['aiPreferences'];

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
