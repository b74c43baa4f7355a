import { MigrationInterface, QueryRunner } from 'typeorm';

export class Sessions1795451000000 implements MigrationInterface {
  name = 'Sessions1795451000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "sessions"
                ADD "kind" text,
                ADD "agent" text,
                ADD "address" text,
                ADD "last_used_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            ALTER TABLE "signing_keys"
                ADD "signs_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
        `);
    await queryRunner.query(`
            UPDATE "signing_keys" SET "signs_at" = "created_at"
        `);
    await queryRunner.query(`
            CREATE TABLE "personal_tokens" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "user_id" uuid NOT NULL,
                "token_hash" bytea NOT NULL,
                "name" text NOT NULL,
                "scopes" text array NOT NULL,
                "hint" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "personal_tokens_pkey" PRIMARY KEY ("id"),
                CONSTRAINT "personal_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "personal_tokens_user_id_idx" ON "personal_tokens" ("user_id")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "personal_tokens_token_hash_key" ON "personal_tokens" ("token_hash")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "personal_tokens"');
    await queryRunner.query('ALTER TABLE "signing_keys" DROP COLUMN "signs_at"');
    await queryRunner.query(
      'ALTER TABLE "sessions" DROP COLUMN "last_used_at", DROP COLUMN "address", DROP COLUMN "agent", DROP COLUMN "kind"',
    );
  }
}
