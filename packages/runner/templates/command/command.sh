gzip -1
