#include "dialplan/class_table.h"

/* clang-format off */
const struct class_row class_rows[] = {
	/* global services */
	{ CLASS_TOLL_FREE,   "", "800" },                  /* UIFN, E.169.1 */
	{ CLASS_SHARED_COST, "", "808" },                  /* UISCN, E.169.3 */
	{ CLASS_PREMIUM,     "", "979" },                  /* UIPRN, E.169.2 */
	{ CLASS_SATELLITE,   "", "870 881 88213 88216" },  /* Inmarsat, GMSS, EMSAT, Thuraya */
	{ CLASS_RISKY,       "", "882 883" },              /* networks without a country: any tariff, much abused */
	/* country codes that are spare, reserved or given back */
	{ CLASS_UNALLOCATED, "", "210 214 215 217 219 259 28 292 293 294 295 296 384 388 422 424 425 426 427 428 429 "
				 "693 694 695 696 697 698 699 801 802 803 804 805 806 807 809 83 851 854 857 858 859 "
				 "871 872 873 874 875 876 877 884 885 887 889 89 969 978 990 999" },
	/* North America: areas begin with 2..9; N11 are services; 37X and 96X are set aside */
	{ CLASS_UNALLOCATED, "1", "0 1 211 311 411 511 611 711 811 911 37 96" },
	{ CLASS_PREMIUM,     "1", "900" },
	{ CLASS_TOLL_FREE,   "1", "800 833 844 855 866 877 888" },
	{ CLASS_PREMIUM,     "7", "809" },
	{ CLASS_TOLL_FREE,   "7", "800" },
	{ CLASS_PREMIUM,     "30", "901 909" },
	{ CLASS_TOLL_FREE,   "30", "800" },
	{ CLASS_PREMIUM,     "31", "900 906 909" },
	{ CLASS_TOLL_FREE,   "31", "800" },
	{ CLASS_PREMIUM,     "32", "90" },
	{ CLASS_TOLL_FREE,   "32", "800" },
	{ CLASS_PREMIUM,     "33", "89" },
	{ CLASS_SHARED_COST, "33", "81 82" },
	{ CLASS_TOLL_FREE,   "33", "80" },
	{ CLASS_PREMIUM,     "34", "803 806 807 905 907" },
	{ CLASS_SHARED_COST, "34", "901 902" },
	{ CLASS_TOLL_FREE,   "34", "800 900" },
	{ CLASS_PREMIUM,     "351", "760 761 762" },
	{ CLASS_TOLL_FREE,   "351", "800" },
	{ CLASS_PREMIUM,     "353", "15" },
	{ CLASS_SHARED_COST, "353", "1850" },
	{ CLASS_TOLL_FREE,   "353", "1800" },
	{ CLASS_PREMIUM,     "358", "600 700" },
	{ CLASS_TOLL_FREE,   "358", "800" },
	{ CLASS_PREMIUM,     "36", "90" },
	{ CLASS_TOLL_FREE,   "36", "80" },
	{ CLASS_PREMIUM,     "39", "892 894 895 899" },
	{ CLASS_SHARED_COST, "39", "199 840 848" },
	{ CLASS_TOLL_FREE,   "39", "800 803" },
	{ CLASS_PREMIUM,     "41", "900 901 906" },
	{ CLASS_SHARED_COST, "41", "840 842 844 848" },
	{ CLASS_TOLL_FREE,   "41", "800" },
	{ CLASS_PREMIUM,     "420", "900 906 909" },
	{ CLASS_TOLL_FREE,   "420", "800" },
	{ CLASS_PREMIUM,     "43", "900 901 930 931 939" },
	{ CLASS_SHARED_COST, "43", "810 820" },
	{ CLASS_TOLL_FREE,   "43", "800" },
	{ CLASS_PREMIUM,     "44", "871 872 873 9" },
	{ CLASS_SHARED_COST, "44", "843 844 845 870" },
	{ CLASS_TOLL_FREE,   "44", "800 808" },
	{ CLASS_PREMIUM,     "45", "90" },
	{ CLASS_TOLL_FREE,   "45", "80" },
	{ CLASS_PREMIUM,     "46", "900 939 944" },
	{ CLASS_TOLL_FREE,   "46", "20" },
	{ CLASS_PREMIUM,     "47", "820 829" },
	{ CLASS_TOLL_FREE,   "47", "800" },
	{ CLASS_PREMIUM,     "48", "70" },
	{ CLASS_SHARED_COST, "48", "801" },
	{ CLASS_TOLL_FREE,   "48", "800" },
	{ CLASS_PREMIUM,     "49", "118 900" },
	{ CLASS_SHARED_COST, "49", "137 180" },
	{ CLASS_TOLL_FREE,   "49", "800" },
	{ CLASS_PREMIUM,     "55", "900" },
	{ CLASS_SHARED_COST, "55", "300" },
	{ CLASS_TOLL_FREE,   "55", "800" },
	{ CLASS_PREMIUM,     "61", "190" },
	{ CLASS_SHARED_COST, "61", "13" },
	{ CLASS_TOLL_FREE,   "61", "1800" },
	{ CLASS_PREMIUM,     "64", "900" },
	{ CLASS_TOLL_FREE,   "64", "508 800" },
	{ CLASS_SHARED_COST, "81", "570" },
	{ CLASS_TOLL_FREE,   "81", "120 800" },
	{ CLASS_PREMIUM,     "972", "1900" },
	{ CLASS_TOLL_FREE,   "972", "1800" },
};
const size_t class_n_rows = sizeof(class_rows) / sizeof(*class_rows);

const struct emergency_row emergency_rows[] = {
	{ "1", "911 933" },                { "7", "101 102 103 112" },   { "27", "112 10111 10177" },
	{ "30", "100 112 166 199" },       { "31", "112" },              { "32", "100 101 112" },
	{ "33", "15 17 18 112 114" },      { "34", "112" },              { "351", "112" },
	{ "352", "112 113" },              { "353", "112 999" },         { "354", "112" },
	{ "355", "112" },                  { "356", "112" },             { "357", "112 199" },
	{ "358", "112" },                  { "359", "112" },             { "36", "104 105 107 112" },
	{ "370", "112" },                  { "371", "112" },             { "372", "112" },
	{ "380", "101 102 103 112" },      { "381", "192 193 194 112" }, { "385", "112" },
	{ "386", "112 113" },              { "39", "112 113 115 118" },  { "40", "112" },
	{ "41", "112 117 118 144" },       { "420", "112 150 155 158" }, { "421", "112 150 155 158" },
	{ "43", "112 122 133 144" },       { "44", "112 999" },          { "45", "112" },
	{ "46", "112" },                   { "47", "110 112 113" },      { "48", "112 997 998 999" },
	{ "49", "110 112" },               { "52", "911" },              { "54", "911" },
	{ "55", "190 192 193" },           { "56", "131 132 133" },      { "57", "123" },
	{ "60", "999" },                   { "61", "000 106 112" },      { "62", "110 112 113 118" },
	{ "63", "911" },                   { "64", "111" },              { "65", "995 999" },
	{ "66", "191 199 1669" },          { "81", "110 118 119" },      { "82", "112 119" },
	{ "84", "113 114 115" },           { "852", "999 112" },         { "86", "110 119 120" },
	{ "886", "110 119" },              { "90", "112" },              { "91", "100 101 102 108 112" },
	{ "92", "15 1122" },               { "966", "911 997 998 999" }, { "971", "997 998 999" },
	{ "972", "100 101 102" },          { "20", "122 123 180" },      { "212", "15 19" },
	{ "234", "112" },                  { "254", "112 999" },
};
const size_t emergency_n_rows = sizeof(emergency_rows) / sizeof(*emergency_rows);
/* clang-format on */
