LEVEL=1 # @tune 1..9 step 1

gzip -$LEVEL
