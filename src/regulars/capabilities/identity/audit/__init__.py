"""What a set of customer records is worth before it is connected: pure judgements on values, columns and counts.

`meanings` says what a column holds, `checks` what is wrong with a value, `columns` sums that up, `findings`
says what to mend first. None of it keeps or tells a value of anybody: only shapes and counts.
"""
