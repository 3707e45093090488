'use strict';
// What holds for a whole territory: its time zones and the box its communes lie in.
//
// A territory is an overseas department or collectivity (by its code), "2A" and "2B" for Corsica, or
// "metropolitan" for every other department. The first zone is the usual one; places-by-hand.csv says
// where another of them applies. Boxes are degrees, generous by about a tenth.

const paris = ['Europe/Paris'];
const corsica = { zones: paris, south: 41.3, north: 43.1, west: 8.5, east: 9.6 };

const territories = {
	metropolitan: { zones: paris, south: 42.3, north: 51.1, west: -5.2, east: 8.3 },
	'2A': corsica,
	'2B': corsica,
	971: { zones: ['America/Guadeloupe'], south: 15.8, north: 16.6, west: -61.9, east: -60.9 },
	972: { zones: ['America/Martinique'], south: 14.3, north: 14.9, west: -61.3, east: -60.8 },
	973: { zones: ['America/Cayenne'], south: 2.1, north: 5.8, west: -54.7, east: -51.6 },
	974: { zones: ['Indian/Reunion'], south: -21.4, north: -20.8, west: 55.2, east: 55.9 },
	975: { zones: ['America/Miquelon'], south: 46.7, north: 47.2, west: -56.5, east: -56.1 },
	976: { zones: ['Indian/Mayotte'], south: -13.1, north: -12.6, west: 45.0, east: 45.4 },
	977: { zones: ['America/St_Barthelemy'], south: 17.8, north: 18.0, west: -63.0, east: -62.7 },
	978: { zones: ['America/Marigot'], south: 18.0, north: 18.2, west: -63.2, east: -62.9 },
	// Kerguelen and Amsterdam; Crozet and the Îles Éparses, which keep Réunion's time; Adélie Land.
	984: {
		zones: ['Indian/Kerguelen', 'Indian/Reunion', 'Antarctica/DumontDUrville'],
		south: -67, north: -11, west: 40, east: 141,
	},
	986: { zones: ['Pacific/Wallis'], south: -14.4, north: -13.1, west: -178.3, east: -176.0 },
	987: {
		zones: ['Pacific/Tahiti', 'Pacific/Marquesas', 'Pacific/Gambier'],
		south: -27.8, north: -7.8, west: -154.8, east: -134.4,
	},
	988: { zones: ['Pacific/Noumea'], south: -22.9, north: -19.5, west: 163.5, east: 168.2 },
	// Uninhabited: the time zone database has no name for it, only for its offset (UTC-8).
	989: { zones: ['Etc/GMT+8'], south: 10.2, north: 10.4, west: -109.3, east: -109.1 },
};

function territoryOf(departmentCode) {
	return territories[departmentCode] || territories.metropolitan;
}

module.exports = { territoryOf };
