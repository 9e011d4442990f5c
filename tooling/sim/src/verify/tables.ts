import type { Table } from "../block.ts"
import { authors } from "./tables/authors.ts"
import { calibration } from "./tables/calibration.ts"
import { dishonestVerifiers, noiseAttacks } from "./tables/dishonest-verifiers.ts"
import { fabrications, scheduledFabrications } from "./tables/fabrications.ts"
import { freeKeys } from "./tables/free-keys.ts"
import { honestClaims } from "./tables/honest-claims.ts"
import { falsePromotions, truePromotions } from "./tables/promotions.ts"
import { verificationShare } from "./tables/verification-share.ts"

/** In the order of the document. */
export const TABLES: readonly Table[] = [
  honestClaims,
  fabrications,
  scheduledFabrications,
  falsePromotions,
  truePromotions,
  verificationShare,
  calibration,
  dishonestVerifiers,
  noiseAttacks,
  freeKeys,
  authors,
]
