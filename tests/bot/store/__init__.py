ANNA, BEN = 10**18 + 7, 2**63 - 1  # ids that a float or 32 bits would spoil
HEAT, ALIEN, FARGO = 6, 1214, 608
